import type { ComponentChildren, VNode } from "preact";
import { ApiError } from "../link/api";

/** Nothing to show: why, and what to do. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }): VNode {
  return (
    <p class="muted loading" role="status">
      Loading {what}…
    </p>
  );
}

export function Failed({ what, error }: { what: string; error: ApiError | { status: number; errors: string[] } }): VNode {
  const messages = error instanceof ApiError ? error.messages : error.errors;
  return (
    <div class="notice bad" role="alert">
      <strong>{what}</strong>
      {messages.map((message) => (message.includes("\n") ? <pre key={message}>{message}</pre> : <p key={message}>{message}</p>))}
    </div>
  );
}
