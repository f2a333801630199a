/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: http_server.py in a process of its own, and its files.
 */
#pragma once

/* A cmocka group setup and teardown. */
int server_begin(void **state);
int server_end(void **state);

/* "https://localhost:PORT/path", or "http://..." for door "plain"; borrowed
 * until the eighth call from now. The doors are told of in http_server.py. */
const char *server_url(const char *door, const char *path);

/* The path of a file of the server's: "ca.pem", "other.pem"; as above. */
const char *server_file(const char *name);
