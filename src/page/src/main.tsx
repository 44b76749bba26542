// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";

render(<main>rsp</main>, document.getElementById("page")!);
