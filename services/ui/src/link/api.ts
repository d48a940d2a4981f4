/** Requests to the dispatcher that the page came from. */

import { access } from "./token";

/** Whatever is not 2xx, or no answer at all (status 0). `messages`: the first is for humans. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly messages: string[],
  ) {
    super(messages[0] ?? `HTTP ${status}`);
  }
}

/** Addresses are relative to the page, so that it works below a proxy's prefix. */
export function address(path: string): string {
  return new URL(path.replace(/^\//, ""), document.baseURI.split("#")[0]).href;
}

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const form = body instanceof FormData;
  const headers: Record<string, string> = access.headers();
  const init: RequestInit = { method, cache: "no-store", signal: signal ?? null, headers };
  if (body !== undefined) {
    init.body = form ? body : JSON.stringify(body);
    if (!form) headers["Content-Type"] = "application/json";
  }
  let answer: Response;
  try {
    answer = await fetch(address(path), init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, ["the dispatcher does not answer"]);
  }
  if (answer.status === 401) access.refused();
  const text = await answer.text();
  if (!answer.ok) throw new ApiError(answer.status, errorsIn(text, answer));
  return (text ? JSON.parse(text) : null) as T;
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", path, undefined, signal);
}

function errorsIn(text: string, answer: Response): string[] {
  try {
    const found = JSON.parse(text) as { errors?: unknown };
    if (Array.isArray(found.errors) && found.errors.length) return found.errors.map(String);
  } catch {
    // not ours: a proxy's page
  }
  return [`HTTP ${answer.status} ${answer.statusText}`.trim()];
}
