// SPDX-License-Identifier: Apache-2.0
declare module "virtual:documents" {
  const documents: import("./docs").Doc[];
  export default documents;
}
