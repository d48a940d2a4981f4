/** What Flink's own resources answer, as far as the pages read them. */

export interface CheckpointEntry {
  id: number;
  status: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  is_savepoint: boolean;
  checkpoint_type: string;
  trigger_timestamp: number;
  latest_ack_timestamp: number;
  checkpointed_size: number;
  state_size: number;
  end_to_end_duration: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
  external_path?: string | null;
  discarded?: boolean;
  failure_message?: string | null;
  failure_timestamp?: number;
  processed_data: number;
  persisted_data: number;
  tasks: Record<string, CheckpointTask>;
}

export interface CheckpointTask {
  status: string;
  latest_ack_timestamp: number;
  checkpointed_size: number;
  state_size: number;
  end_to_end_duration: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
}

export interface Checkpoints {
  counts: { restored: number; total: number; in_progress: number; completed: number; failed: number };
  latest: {
    completed: CheckpointEntry | null;
    savepoint: CheckpointEntry | null;
    failed: CheckpointEntry | null;
    restored: { id: number; restore_timestamp: number; is_savepoint: boolean; external_path: string | null } | null;
  };
  summary: Record<string, Record<string, number | string>>;
  history: CheckpointEntry[];
}

export interface CheckpointSubtask {
  index: number;
  status: string;
  ack_timestamp?: number;
  end_to_end_duration?: number;
  checkpointed_size?: number;
  state_size?: number;
  checkpoint?: { sync: number; async: number };
  alignment?: { processed: number; persisted: number; duration: number };
  start_delay?: number;
  unaligned_checkpoint?: boolean;
}

export interface CheckpointSubtasks {
  subtasks: CheckpointSubtask[];
}

export interface CheckpointConfig {
  mode: string;
  interval: number;
  timeout: number;
  min_pause: number;
  max_concurrent: number;
  externalization: { enabled: boolean; delete_on_cancellation: boolean };
  state_backend: string;
  checkpoint_storage: string;
  unaligned_checkpoints: boolean;
  tolerable_failed_checkpoints: number;
  aligned_checkpoint_timeout: number;
  [other: string]: unknown;
}

export interface JarFile {
  id: string;
  name: string;
  uploaded: number;
  entry: { name: string; description: string }[];
}

export interface Operation {
  status: { id: "IN_PROGRESS" | "COMPLETED" };
  operation: { location?: string | null; checkpointId?: number; "failure-cause"?: Cause; failureCause?: Cause } | null;
}

export interface Cause {
  class: string;
  "stack-trace": string;
}
