import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { access } from "../link/token";

/** In the place of a page: the cluster asks for its token. */
export function TokenForm({ wrong }: { wrong: boolean }): VNode {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="empty token"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim()) access.enter(token.trim());
      }}
    >
      <h2>This cluster asks for a token</h2>
      {wrong && (
        <p class="notice bad" role="alert">
          The token that was entered is not this cluster's.
        </p>
      )}
      <p>
        It is what <code>penstock.rest.token</code> says on the cluster. It is kept in this tab, until you close it.
      </p>
      <p class="row">
        <label for="token">Token</label>
        <input id="token" ref={field} type="password" autocomplete="off" value={token} onInput={(event) => setToken(event.currentTarget.value)} />
        <button class="primary" type="submit" disabled={!token.trim()}>
          Enter
        </button>
      </p>
    </form>
  );
}
