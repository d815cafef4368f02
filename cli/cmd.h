/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_CMD_H
#define MB_CLI_CMD_H

#include "cli/opt.h"

/*
 * The commands, one row each; the help, the man page, the completion and `list commands` walk the
 * rows of cli/cmd.c.
 */

/* Exit status, the same in every command; cli/doc.c has the words that users read. */
enum mb_exit {
	MB_EXIT_OK = 0,
	MB_EXIT_NO = 1,    /* the answer is no: a check found a broken invariant, a row is worse */
	MB_EXIT_USAGE = 2, /* usage or input, or output that cannot be written */
	MB_EXIT_PART = 3,  /* undecided, or only in part: inconclusive, not all comparable */
	MB_EXIT_UNFIT = 4, /* the host is unfit for what was asked */
	MB_EXIT_SIGNAL = 130, /* interrupted; the partial result is marked so */
};

/* One bit a command, for the options' rows. */
enum mb_cmd_bit {
	MB_CMD_NONE = 1 << 0, /* before any command */
	MB_CMD_BOOT = 1 << 1,
	MB_CMD_TOPO = 1 << 2,
	MB_CMD_LIST = 1 << 3,
	MB_CMD_HELP = 1 << 4,
	MB_CMD_BENCH = 1 << 5,
	MB_CMD_VALIDATE = 1 << 6,
	MB_CMD_CAPTURE = 1 << 7,
	MB_CMD_DOCTOR = 1 << 8,
	MB_CMD_REPORT = 1 << 9,
	MB_CMD_COMPARE = 1 << 10,
	MB_CMD_GATE = 1 << 11,
	MB_CMD_NOISE = 1 << 12,
	MB_CMD_HISTORY = 1 << 13,
	MB_CMD_PREDICT = 1 << 14,
	MB_CMD_ALL = 0xffff,
};

/* What a command works on. */
struct mb_cli {
	const struct mb_cmd *cmd;
	struct mb_opts opts;
	char **args; /* operands, nr_args of them, then NULL */
	int nr_args;
	char **argv; /* the command's name and all its arguments, argc of them */
	int argc;
	char **passed; /* arguments with the command's pass prefix, nr_passed of them */
	int nr_passed;
};

struct mb_cmd {
	const char *name;
	enum mb_cmd_bit bit;
	const char *args; /* operands as the help shows them; NULL: none */
	int max_args;
	bool arg_files; /* operands are files, for the completion */
	mb_opt_value_fn
		*arg_values; /* what an operand can be, for the completion; NULL: anything */
	const char *pass; /* options with this prefix are not looked at but passed on; NULL: none */
	const char *summary;            /* one line */
	const char *text;               /* paragraphs, separated by an empty line */
	int (*run)(struct mb_cli *cli); /* an enum mb_exit */
};

extern const struct mb_cmd mb_cmds[];
extern const size_t mb_nr_cmds;

/* The row of that name, or NULL. */
const struct mb_cmd *mb_cmd_find(const char *name);

/* Names of the commands, for completion and suggestions. */
const char *mb_cmd_name(size_t index);

int mb_cmd_boot_run(struct mb_cli *cli);
int mb_cmd_topo_run(struct mb_cli *cli);
int mb_cmd_list_run(struct mb_cli *cli);
int mb_cmd_bench_run(struct mb_cli *cli);
int mb_cmd_predict_run(struct mb_cli *cli);
int mb_cmd_validate_run(struct mb_cli *cli);
int mb_cmd_capture_run(struct mb_cli *cli);
int mb_cmd_doctor_run(struct mb_cli *cli);
int mb_cmd_report_run(struct mb_cli *cli);
int mb_cmd_compare_run(struct mb_cli *cli);
int mb_cmd_gate_run(struct mb_cli *cli);
int mb_cmd_noise_run(struct mb_cli *cli);
int mb_cmd_history_run(struct mb_cli *cli);
int mb_cmd_help_run(struct mb_cli *cli);

/* Shows the help of a command, or of the program when cmd is NULL. */
int mb_cmd_help_show(const struct mb_cli *cli, const struct mb_cmd *cmd);

/* Says that there is no such command, and which one is meant perhaps. */
int mb_cmd_help_unknown(const char *word);

/* Prints the list of that topic. */
int mb_cmd_list_show(const struct mb_cli *cli, const char *topic);

/* What `memboot history` does. */
const char *mb_cmd_history_verb(size_t index);

/* Topics of `memboot list`. */
const char *mb_cmd_list_topic(size_t index);

#endif
