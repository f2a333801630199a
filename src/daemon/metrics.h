/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: what is known, as Prometheus text (format 0.0.4).
 */
#pragma once

struct buf;
struct service;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_write(const struct service *service, struct buf *out);
