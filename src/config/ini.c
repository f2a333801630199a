/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ini.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <ini.h>

#include "base/error.h"
#include "base/text.h"

/* libinih keeps the names of sections and keys in buffers of this size and
 * cuts what is longer. */
#define NAME_ROOM 50

struct source {
	const char *path;
	const char *next;
	const char *end;
	unsigned line;
	ini_value_fn *fn;
	void *user;
	struct error *error;
	int result;
};

static int fail(struct source *source, const char *words)
{
	source->result = error_set(source->error, -EINVAL, "%s:%u: %s",
	                           source->path, source->line, words);
	return source->result;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* What libinih would cut or misread is refused before it sees it. */
static int check_line(struct source *source, const char *line, size_t size,
                      size_t room)
{
	const char *bracket;

	if (size + 2 > room)
		return fail(source, "the line is too long");
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)line[i] < ' ' && !is_blank(line[i]))
			return fail(source, "a control character in the line");
	if (!text_is_utf8(line, size))
		return fail(source, "the line is not UTF-8");
	if (size && *line == '[') {
		bracket = memchr(line, ']', size);
		if (!bracket)
			return fail(source, "no ']' after the section's name");
		if (bracket - line > NAME_ROOM - 1)
			return fail(source, "the section's name is too long");
	}
	return 0;
}

/* Sections are told of by themselves: libinih is silent about empty ones. */
static int tell_section(struct source *source, const char *line, size_t size)
{
	const char *bracket = memchr(line, ']', size);
	char name[NAME_ROOM];
	struct error inner = { "" };
	int r;

	memcpy(name, line + 1, (size_t)(bracket - line - 1));
	name[bracket - line - 1] = '\0';
	r = source->fn(name, NULL, NULL, source->line, source->user, &inner);
	if (r < 0)
		source->result =
			error_set(source->error, r, "%s:%u: %s", source->path,
		                  source->line, inner.text);
	return source->result;
}

/* Blanks before a line are dropped: libinih would take it for a continuation
 * of the value above. */
static char *on_line_wanted(char *out, int room, void *stream)
{
	struct source *source = stream;
	const char *line = source->next;
	const char *newline;
	size_t size;

	if (source->result || line >= source->end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(source->end - line));
	source->next = newline ? newline + 1 : source->end;
	if (!newline)
		newline = source->end;
	source->line++;
	while (line < newline && is_blank(*line))
		line++;
	size = (size_t)(newline - line);
	if (check_line(source, line, size, (size_t)room))
		return NULL;
	if (size && *line == '[' && tell_section(source, line, size))
		return NULL;
	memcpy(out, line, size);
	memcpy(out + size, "\n", 2);
	return out;
}

static int on_value(void *user, const char *section, const char *name,
                    const char *value)
{
	struct source *source = user;
	struct error inner = { "" };
	int r;

	if (source->result)
		return 0;
	r = source->fn(section, name, value, source->line, source->user,
	               &inner);
	if (r < 0)
		source->result =
			error_set(source->error, r, "%s:%u: %s", source->path,
		                  source->line, inner.text);
	return r >= 0;
}

int ini_read(const char *path, const char *text, size_t size_bytes,
             ini_value_fn *fn, void *user, struct error *error)
{
	struct source source = {
		.path = path,
		.next = text,
		.end = text + size_bytes,
		.fn = fn,
		.user = user,
		.error = error,
	};
	int bad_line;

	bad_line = ini_parse_stream(on_line_wanted, &source, on_value, &source);
	if (source.result)
		return source.result;
	if (bad_line)
		return error_set(error, -EINVAL,
		                 "%s:%d: neither a [section] nor KEY=VALUE",
		                 path, bad_line);
	return 0;
}
