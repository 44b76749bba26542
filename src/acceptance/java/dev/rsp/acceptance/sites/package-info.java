// SPDX-License-Identifier: Apache-2.0
/** Tests which backend serves a site, how a reload moves sites, and how a site is started. */
@NullMarked
package dev.rsp.acceptance.sites;

import org.jspecify.annotations.NullMarked;
