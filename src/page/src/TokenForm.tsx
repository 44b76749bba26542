// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "./parts";

/** Asks for the token of the admin endpoint. */
export function TokenForm({ wrong, onToken }: { wrong: boolean; onToken: (token: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Token – rsp";
    field.current?.focus();
  }, []);
  const submit = (e: Event) => {
    e.preventDefault();
    const token = field.current!.value.trim();
    if (token !== "") {
      onToken(token);
    }
  };
  return (
    <main class="gate">
      <form onSubmit={submit}>
        <h1>
          <Mark /> rsp
        </h1>
        {wrong && (
          <p class="notice bad" role="alert" id="token-error">
            <b>rsp does not know this token.</b> It may have been changed.
          </p>
        )}
        <label for="token">Token of the admin endpoint</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
          aria-invalid={wrong}
          aria-describedby={wrong ? "token-error token-help" : "token-help"}
        />
        <button type="submit" class="primary">
          Open
        </button>
        <p class="dim" id="token-help">
          It is in the file that <code>admin.token_file</code> names in the configuration. This tab keeps it until it is closed.
        </p>
      </form>
    </main>
  );
}
