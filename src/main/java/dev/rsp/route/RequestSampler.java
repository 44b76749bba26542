// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.Client;
import dev.rsp.http.RequestHead;

/** Looks at a share of the requests that are routed. No answer depends on it. */
public interface RequestSampler {
  /** Looks at no request. */
  RequestSampler NONE = (head, client) -> {};

  /** Looks at a request, on the thread of its loop: must not wait. */
  void sample(RequestHead head, Client client);
}
