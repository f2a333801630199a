/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: the bodies of the status endpoint. Their user is a struct service.
 */
#pragma once

#include "control/control.h"
#include "daemon/service_state.h"

extern const struct control_ops service_ops;
