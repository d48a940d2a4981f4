/** How the page in sight is connected, for the banner and the lamp in the header. */

import { useEffect, useState } from "preact/hooks";
import type { Connection, Standing } from "./live";

export interface Link {
  connection: Connection;
  problem: Standing<unknown>["problem"];
  /** When the figures were read last, by this machine's clock. */
  fresh: number;
}

class Store {
  private link: Link = { connection: "connecting", problem: null, fresh: 0 };
  private readonly listeners = new Set<(link: Link) => void>();

  get(): Link {
    return this.link;
  }

  set(link: Link): void {
    this.link = link;
    for (const listener of this.listeners) listener(link);
  }

  listen(listener: (link: Link) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export const connection = new Store();

export function useConnection(): Link {
  const [link, setLink] = useState(connection.get());
  useEffect(() => connection.listen(setLink), []);
  return link;
}
