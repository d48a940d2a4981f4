/** How much of a core each process uses, from the seconds it has used so far. */

import type { TaskManagers } from "../link/documents";

const WINDOW = 8000;

export class CpuMeter {
  private readings = new Map<string, { time: number; cpu: number }[]>();

  add(data: TaskManagers): void {
    const next = new Map<string, { time: number; cpu: number }[]>();
    const read = (id: string, cpu: number) => {
      const before = (this.readings.get(id) ?? []).filter((r) => data.now - r.time <= WINDOW);
      next.set(id, before.at(-1)?.time === data.now ? before : [...before, { time: data.now, cpu }]);
    };
    for (const tm of data.taskmanagers) {
      read(tm.id, tm.cpu);
      for (const slot of tm.slots) if (slot.pid !== null && slot.cpu !== null) read(`${tm.id}/${slot.pid}`, slot.cpu);
    }
    this.readings = next;
  }

  /** Cores used, null before there are two readings. */
  share(id: string): number | null {
    const found = this.readings.get(id) ?? [];
    const [first, last] = [found[0], found.at(-1)];
    if (!first || !last || last.time <= first.time) return null;
    return Math.max(0, ((last.cpu - first.cpu) * 1000) / (last.time - first.time));
  }
}
