import type { VNode } from "preact";
import type { CheckpointConfig } from "../../link/flink";
import { setting } from "../../model/format";

/** How the job's checkpoints are set up. */
export function CheckpointSettings({ config }: { config: CheckpointConfig }): VNode {
  const { enabled, delete_on_cancellation: deleted } = config.externalization;
  const kept = !enabled ? "deleted when the job ends" : deleted ? "deleted when the job is cancelled" : "kept when the job is cancelled";
  const facts: [string, string][] = [
    ["Mode", config.mode.replaceAll("_", " ")],
    ["Interval", setting(config.interval)],
    ["Timeout", setting(config.timeout)],
    ["Pause between two, at least", setting(config.min_pause)],
    ["At a time, at most", String(config.max_concurrent)],
    ["Failures in a row that are borne", String(config.tolerable_failed_checkpoints)],
    ["Unaligned", config.unaligned_checkpoints ? "yes" : "no"],
    ["State backend", config.state_backend],
    ["Storage", config.checkpoint_storage],
    ["Retention", kept],
  ];
  return (
    <section aria-label="Settings">
      <h2>Settings</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
