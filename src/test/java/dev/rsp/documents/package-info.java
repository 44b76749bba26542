// SPDX-License-Identifier: Apache-2.0
/** Reads the documents, and checks that what they show works. */
@NullMarked
package dev.rsp.documents;

import org.jspecify.annotations.NullMarked;
