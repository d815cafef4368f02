/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_PREDICTED_H
#define MB_REPORTS_PREDICTED_H

/* The facts of a result with predictions: `predict` sets them, reports read them. reports/schema.md is their reference. */

/* What predicted: the host, or the title of a published table; the fit's kernel and architecture, and when it was made. */
#define MB_PREDICTED_HOST   "predicted_for"
#define MB_PREDICTED_KERNEL "predicted_kernel"
#define MB_PREDICTED_ARCH   "predicted_architecture"
#define MB_PREDICTED_MADE   "predicted_fit"

/* Whose CPUs and memory the machine's nodes have: "own", or "here": the host's, which they share. */
#define MB_PREDICTED_NODES "predicted_nodes"

/* In words, where there is anything to say: what lies beyond the fit; a curve's knee; how a fit did on machines held out of it. */
#define MB_PREDICTED_BEYOND   "predicted_beyond"
#define MB_PREDICTED_KNEE     "predicted_knee"
#define MB_PREDICTED_HELD_OUT "predicted_held_out"

/* Of a published table: who published it where; which of its points the curve is from, and how it does on the others. */
#define MB_PREDICTED_SOURCE "predicted_source"
#define MB_PREDICTED_POINTS "predicted_points"

#endif
