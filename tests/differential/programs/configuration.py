"""What an environment's getters say."""

import sys

from pyflink.datastream import CheckpointingMode, MemorySize, SlotSharingGroup, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))

print(
    env.get_parallelism() == int(sys.argv[1]),
    env.get_max_parallelism(),
    env.get_buffer_timeout(),
    env.is_chaining_enabled(),
)
print(env.is_chaining_of_operators_with_different_max_parallelism_enabled(), env.get_default_savepoint_directory())
config = env.get_config()
print(config.get_auto_watermark_interval(), config.is_object_reuse_enabled(), config.get_global_job_parameters())
print(
    config.get_task_cancellation_interval(),
    config.get_task_cancellation_timeout(),
    config.get_latency_tracking_interval(),
)
print(
    config.is_closure_cleaner_enabled(), config.is_use_snapshot_compression(), config.has_auto_generated_uids_enabled()
)
checkpoints = env.get_checkpoint_config()
print(checkpoints.is_checkpointing_enabled(), env.get_checkpoint_interval(), env.get_checkpointing_mode())
print(checkpoints.get_checkpoint_timeout(), checkpoints.get_min_pause_between_checkpoints())
print(checkpoints.get_max_concurrent_checkpoints(), checkpoints.get_tolerable_checkpoint_failure_number())
print(checkpoints.get_externalized_checkpoint_retention(), checkpoints.is_unaligned_checkpoints_enabled())
env.enable_checkpointing(2000)
print(env.get_checkpoint_interval(), env.get_checkpointing_mode())
env.enable_checkpointing(3000, CheckpointingMode.AT_LEAST_ONCE)
checkpoints.enable_unaligned_checkpoints()
checkpoints.set_checkpoint_timeout(5000).set_max_concurrent_checkpoints(2)
print(env.get_checkpoint_interval(), env.get_checkpointing_mode(), checkpoints.is_unaligned_checkpoints_enabled())
print(checkpoints.get_checkpoint_timeout(), checkpoints.get_max_concurrent_checkpoints())
for bad in (
    lambda: checkpoints.set_checkpoint_interval(5),
    lambda: env.set_parallelism(0),
    lambda: env.set_max_parallelism(40000),
):
    try:
        bad()
        print("accepted")
    except Exception:
        print("refused")
print(config.set_global_job_parameters({"a": "1"}).get_global_job_parameters())
print(env.set_buffer_timeout(5).get_buffer_timeout(), env.disable_operator_chaining().is_chaining_enabled())
print(MemorySize.of_mebi_bytes(2000), MemorySize(bytes_size=1234567), MemorySize(bytes_size=1234567).get_mebi_bytes())
group = (
    SlotSharingGroup.builder("a")
    .set_cpu_cores(1.0)
    .set_task_heap_memory_mb(100)
    .set_external_resource("gpu", 1.0)
    .build()
)
print(
    group.get_name(),
    group.get_cpu_cores(),
    group.get_task_heap_memory(),
    group.get_managed_memory(),
    group.get_external_resources(),
)
print(SlotSharingGroup.builder("b").build().get_cpu_cores())
