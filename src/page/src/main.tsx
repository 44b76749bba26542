// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import { Api } from "./api";
import { App } from "./App";
import "./page.css";

const api = new Api(sessionStorage, (input, init) => fetch(input, init));
const root = document.getElementById("page")!;
root.replaceChildren();
render(<App api={api} />, root);
