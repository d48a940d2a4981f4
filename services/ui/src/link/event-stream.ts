/** Server-sent events with a token: the browser's EventSource sends no header of ours. */

import { access } from "./token";

interface Message {
  data: string;
}

/** What `Live` needs of an EventSource. */
export interface Events {
  onerror: ((event: Event) => void) | null;
  addEventListener(name: string, listener: (event: { data: string }) => void): void;
  close(): void;
}

export function openEvents(url: string): Events {
  return access.token() ? new FetchedEvents(url) : (new EventSource(url) as Events);
}

class FetchedEvents implements Events {
  onerror: ((event: Event) => void) | null = null;
  private readonly listeners = new Map<string, ((event: Message) => void)[]>();
  private readonly aborter = new AbortController();

  constructor(url: string) {
    void this.read(url);
  }

  addEventListener(name: string, listener: (event: Message) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  close(): void {
    this.aborter.abort();
  }

  private async read(url: string): Promise<void> {
    try {
      const answer = await fetch(url, {
        headers: { Accept: "text/event-stream", ...access.headers() },
        cache: "no-store",
        signal: this.aborter.signal,
      });
      if (answer.status === 401) access.refused();
      if (answer.ok && answer.body) await this.take(answer.body.getReader());
    } catch {
      // gone, or closed by us
    }
    if (!this.aborter.signal.aborted) this.onerror?.(new Event("error"));
  }

  private async take(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.dispatch(block);
    }
  }

  private dispatch(block: string): void {
    let name = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
    if (!data.length) return;
    for (const listener of this.listeners.get(name) ?? []) listener({ data: data.join("\n") });
  }
}
