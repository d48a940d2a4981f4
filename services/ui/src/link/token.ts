/** The cluster's token, where it asks for one. Kept for this tab, until it is closed. */

import { useEffect, useState } from "preact/hooks";

const KEY = "penstock.token";

class Access {
  /** Why a token is asked for: none was sent, or the one that was sent is wrong. */
  private asked: "" | "needed" | "wrong" = "";
  private readonly listeners = new Set<() => void>();

  token(): string | null {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null; // storage may be switched off
    }
  }

  headers(): Record<string, string> {
    const token = this.token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  /** A request was answered 401. */
  refused(): void {
    this.tell(this.token() ? "wrong" : "needed");
  }

  /** Take a token: everything on the page is asked for anew. */
  enter(token: string): void {
    sessionStorage.setItem(KEY, token);
    location.reload();
  }

  forget(): void {
    sessionStorage.removeItem(KEY);
    location.reload();
  }

  state(): "" | "needed" | "wrong" {
    return this.asked;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(asked: "needed" | "wrong"): void {
    if (this.asked === asked) return;
    this.asked = asked;
    for (const listener of this.listeners) listener();
  }
}

export const access = new Access();

export function useAccess(): "" | "needed" | "wrong" {
  const [state, setState] = useState(access.state());
  useEffect(() => access.listen(() => setState(access.state())), []);
  return state;
}
