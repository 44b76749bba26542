// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { Problem } from "./ui";

/** Asks for the token of the admin endpoint. It is kept until the tab is closed. */
export function TokenForm(props: { refusal: string; onToken: (token: string) => void }) {
  const [text, setText] = useState("");
  return (
    <main class="gate">
      <h1>rsp</h1>
      {props.refusal !== "" && <Problem title={props.refusal} />}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          props.onToken(text.trim());
        }}
      >
        <label for="token">Token of the admin endpoint</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
        />
        <p class="hint">
          It is in the file that <code>admin.token_file</code> names in <code>backends.lua</code>. The browser
          forgets it when this tab is closed.
        </p>
        <button class="primary" type="submit">
          Open
        </button>
      </form>
    </main>
  );
}
