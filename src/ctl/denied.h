/* SPDX-License-Identifier: Apache-2.0 */
/*
 * denied: why a socket may not be opened, and what to do about it.
 */
#pragma once

struct error;

/* Names the socket, its group and the remedy; returns -EACCES. */
int denied_explain(const char *socket_path, struct error *error);
