/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_HOST_CLASS_H
#define MB_REPORTS_HOST_CLASS_H

#include "core/base/strbuf.h"
#include "reports/result.h"

/*
 * Which kind of host a result is of, as one line: "AMD EPYC 7763 64-Core Processor, 2 sockets, 4 nodes, 256 GiB". Equal text
 * is the same class: figures of two classes are never judged against each other. It is made of what the hardware is, of nothing
 * that is measured or calibrated when the host starts.
 *
 * Memory is rounded up to the next quarter of a power of two (…, 8, 10, 12, 14, 16, 20 GiB, …): a kernel shows what it has not kept for
 * itself, so that another kernel on the same host shows a little more or less, and always less than is built in.
 *
 * A prediction that says nothing of the host that made it, as of a published table, is of the host that it names.
 *
 * Adds to ret_class. 0 or -ENOMEM. What the result does not know is written as "not known": CPU, sockets, nodes, memory.
 */
int mb_host_class(const struct mb_result *result, struct mb_strbuf *ret_class);

#endif
