// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** All tests of a {@link RigTest} run by each transport of this machine. */
@ParameterizedClass
@MethodSource("dev.rsp.worker.Rig#transports")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface EachTransport {}
