/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_LIST_H
#define MB_CORE_BASE_LIST_H

#include <stdbool.h>

#include "core/base/align.h"

/*
 * Circular doubly linked list whose links live in the element, as in Linux include/linux/list.h. An
 * empty list and an unlinked element point at themselves. No function here locks.
 */
struct mb_list {
	struct mb_list *next, *prev;
};

static inline void mb_list_init(struct mb_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool mb_list_empty(const struct mb_list *list)
{
	return list->next == list;
}

static inline void mb_list_insert(struct mb_list *item, struct mb_list *prev, struct mb_list *next)
{
	next->prev = item;
	item->next = next;
	item->prev = prev;
	prev->next = item;
}

/* At the head: the next one to be taken. */
static inline void mb_list_add(struct mb_list *item, struct mb_list *list)
{
	mb_list_insert(item, list, list->next);
}

/* At the tail: the last one to be taken. */
static inline void mb_list_add_tail(struct mb_list *item, struct mb_list *list)
{
	mb_list_insert(item, list->prev, list);
}

/* Unlinks; the element's own links are left as they are. */
static inline void mb_list_del(struct mb_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
}

static inline void mb_list_del_init(struct mb_list *item)
{
	mb_list_del(item);
	mb_list_init(item);
}

#define mb_list_for_each(pos, list) for ((pos) = (list)->next; (pos) != (list); (pos) = (pos)->next)

/* The current element may be unlinked in the body. */
#define mb_list_for_each_safe(pos, n, list)                            \
	for ((pos) = (list)->next, (n) = (pos)->next; (pos) != (list); \
	     (pos) = (n), (n) = (pos)->next)

#define MB_LIST_ENTRY(p, type, member) MB_CONTAINER_OF(p, type, member)

#endif
