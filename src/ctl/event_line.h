/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_line: an event as one line for a person.
 */
#pragma once

struct ctl;
struct json;

/* "2026-11-23T00:49:53Z  monitoring-disabled  JIT monitoring is off in ..." */
void event_line_put(struct ctl *ctl, const struct json *event);
