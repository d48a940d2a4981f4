/** What the dispatcher's `/penstock/views` answer. Times in ms since the epoch, sizes in bytes. */

export interface CheckpointSummary {
  triggered: number;
  completed: number;
  failed: number;
  "in-progress": number;
  "consecutive-failures": number;
  latest: { id: number; ended: number; duration: number; size: number } | null;
  "latest-failure": { id: number; time: number; message: string | null } | null;
}

export interface JobSummary {
  id: string;
  name: string;
  type: string;
  state: string;
  start: number;
  end: number;
  changed: number;
  message: string;
  tasks: Record<string, number>;
  slots: number;
  "slots-wanted": number;
  restarts: number;
  failure: string | null;
  checkpoints: CheckpointSummary;
}

export interface Service {
  service: string;
  id: string;
  pid: number;
  host: string;
  time: number;
  state: string;
  jobs: string[];
  address: string | null;
  memory: number;
  cpu: number;
  /** What it refused as not sealed with the cluster secret, by kind. */
  unsealed: Record<string, number>;
}

export interface Lease {
  role: string;
  held: boolean;
  epoch: number;
  leader: string | null;
}

export interface Overview {
  now: number;
  slots: { taskmanagers: number; total: number; free: number };
  jobs: JobSummary[];
  "jobs-omitted": number;
  services: Service[];
  leases: Lease[];
  features: { submit: boolean; cancel: boolean };
}

export interface Measured {
  "records-in": number;
  /** By a source from outside. */
  "records-read": number;
  "records-out": number;
  "bytes-in": number;
  "bytes-out": number;
  busy: number;
  backpressured: number;
  idle: number;
  watermark: number | null;
  /** Ms that latency markers were under way; null where there are none. */
  latency: { median: number; p99: number } | null;
  /** The task has ended: these are its last counters. */
  final: boolean;
}

export interface Subtask {
  subtask: number;
  state: string;
  attempt: number;
  epoch: number;
  taskmanager: string | null;
  endpoint: string | null;
  timestamps: Record<string, number>;
  failure: string | null;
  exhausted: boolean;
  depth: number | null;
  measured: Measured | null;
  metrics?: Record<string, number | string>;
}

export interface Vertex {
  id: string;
  name: string;
  parallelism: number;
  "max-parallelism": number;
  state: string;
  subtasks: Subtask[];
}

export interface Job {
  now: number;
  id: string;
  name: string;
  type: string;
  state: string;
  start: number;
  end: number;
  timestamps: Record<string, number>;
  message: string;
  graph: string;
  generation: number;
  takeovers: number;
  leader: { epoch: number; held: boolean; service: string | null };
  restarts: number;
  "restart-due": number | null;
  stopping: boolean;
  rescaling: number | null;
  "missing-slots": number;
  restored: { checkpoint: number; path: string } | null;
  checkpoints: CheckpointSummary;
  failures: { time: number; message: string; concurrent: boolean }[];
  failure: string | null;
  vertices: Vertex[];
  "can-cancel": boolean;
}

export interface GraphVertex {
  id: string;
  name: string;
  parallelism: number;
  "max-parallelism": number;
  "slot-sharing-group": string;
  operators: { id: string; name: string; uid: string | null; description: string | null }[];
}

export interface GraphEdge {
  source: string;
  target: string;
  strategy: string;
  input: number;
  tag: string | null;
}

export interface Shape {
  vertices: GraphVertex[];
  edges: GraphEdge[];
}

export interface Graph extends Shape {
  id: string;
  name: string;
  type: string;
  python: string;
  requirements: string[];
  package: string | null;
  configuration: { job: Record<string, string>; effective: Record<string, string> };
}

export interface Failure {
  time: number;
  message: string;
  concurrent: boolean;
  traceback: string;
  task: string | null;
  endpoint: string | null;
  taskmanager: string | null;
  record: string | null;
  recovery: string;
}

export interface Attempt {
  attempt: number;
  epoch: number;
  state: string;
  taskmanager: string | null;
  timestamps: Record<string, number>;
  failure: string | null;
  /** As they were told last; null where none were. */
  "records-in": number | null;
  "records-out": number | null;
}

/** Attempts before the current ones: vertex -> subtask -> the oldest first. */
export interface Attempts {
  vertices: Record<string, Record<string, Attempt[]>>;
}

export interface Slot {
  slot: number;
  state: string | null;
  job: string | null;
  "job-name": string | null;
  tasks: { vertex: string; name: string; subtask: number; state: string }[];
  pid: number | null;
  memory: number | null;
  cpu: number | null;
}

export interface TaskManager {
  id: string;
  host: string;
  queue: string;
  pid: number | null;
  python: string | null;
  cores: number | null;
  "physical-memory": number | null;
  registered: number | null;
  heartbeat: number | null;
  memory: number;
  cpu: number;
  slots: Slot[];
}

export interface TaskManagers {
  now: number;
  taskmanagers: TaskManager[];
}
