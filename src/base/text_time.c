/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* The longest first; the shortest divides everything. */
static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{ "d", DAY_MS },    { "h", HOUR_MS }, { "min", MINUTE_MS },
	{ "s", SECOND_MS }, { "ms", 1 },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

/* A point in time as it is written, the fraction of a second apart. */
struct civil {
	int64_t year;
	int month; /* 1 to 12 */
	int day;
	int hour;
	int minute;
	int second; /* 60 is a leap second */
};

static const struct unit *unit_find(const char *name)
{
	for (size_t i = 0; i < UNITS; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/*
 * Days since 1970-01-01 in the Gregorian calendar. Years begin in March here,
 * so that the leap day is the last one; 400 years have 146097 days.
 */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

/* The inverse: fills year, month and day. */
static void civil_from_days(int64_t days, struct civil *civil)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
	                       day_of_era / 36524 - day_of_era / 146096) /
	                      365;
	int64_t day_of_year =
		day_of_era -
		(365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;

	civil->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	civil->month = (int)((month_from_march + 2) % 12 + 1);
	civil->year = year_of_era + era * 400 + (civil->month <= 2);
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
		                    31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Fails unless there is such a time offset_s east of Greenwich. */
static int civil_to_unix_s(const struct civil *civil, int offset_s,
                           int64_t *ret_unix_s)
{
	int64_t unix_s;

	if (civil->month < 1 || civil->month > 12 || civil->day < 1 ||
	    civil->day > days_in_month(civil->year, civil->month))
		return -EINVAL;
	if (civil->hour > 23 || civil->minute > 59 || civil->second > 60)
		return -EINVAL;

	unix_s = days_from_civil(civil->year, civil->month, civil->day);
	unix_s = unix_s * 24 + civil->hour;
	unix_s = unix_s * 60 + civil->minute;
	unix_s = unix_s * 60 + civil->second - offset_s;
	/* Seconds leap at midnight in UTC only; the next one is the same. */
	if (civil->second == 60 && unix_s % 86400 != 0)
		return -EINVAL;

	*ret_unix_s = unix_s;
	return 0;
}

/* Reads exactly width digits at *at and moves it past them. */
static bool take_digits(const char **at, int width, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < width; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	return true;
}

/* Takes one of the characters in wanted. */
static bool take_one_of(const char **at, const char *wanted)
{
	if (!**at || !strchr(wanted, **at))
		return false;
	(*at)++;
	return true;
}

static bool take_clock(const char **at, struct civil *civil)
{
	return take_digits(at, 2, &civil->hour) && take_one_of(at, ":") &&
	       take_digits(at, 2, &civil->minute) && take_one_of(at, ":") &&
	       take_digits(at, 2, &civil->second);
}

static bool take_date(const char **at, struct civil *civil)
{
	int year;

	if (!take_digits(at, 4, &year) || !take_one_of(at, "-") ||
	    !take_digits(at, 2, &civil->month) || !take_one_of(at, "-") ||
	    !take_digits(at, 2, &civil->day))
		return false;
	civil->year = year;
	return true;
}

/* ".5", ".250", ".123456789"; none is fine. */
static bool take_fraction(const char **at, int *ret_ms)
{
	int weight = 100;
	int ms = 0;
	int digits = 0;

	*ret_ms = 0;
	if (!take_one_of(at, "."))
		return true;
	for (; **at >= '0' && **at <= '9'; (*at)++, digits++) {
		ms += weight * (**at - '0');
		weight /= 10;
	}
	*ret_ms = ms;
	return digits >= 1 && digits <= 9;
}

/* "Z" or "+02:00". */
static bool take_offset(const char **at, int *ret_offset_s)
{
	int hours, minutes;
	bool west = **at == '-';

	*ret_offset_s = 0;
	if (take_one_of(at, "Zz"))
		return true;
	if (!take_one_of(at, "+-") || !take_digits(at, 2, &hours) ||
	    !take_one_of(at, ":") || !take_digits(at, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*ret_offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

/* The number from 1 of the three-letter name at *at in names, or 0. */
static int take_name(const char **at, const char *names)
{
	for (int i = 1; *names; i++, names += 3)
		if (strncmp(*at, names, 3) == 0) {
			*at += 3;
			return i;
		}
	return 0;
}

static char *put_digits(char *out, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + width;
}

/* Four digits, or what it takes past the year 9999 and before the year 0. */
static char *put_year(char *out, int64_t year)
{
	if (year >= 0 && year <= 9999)
		return put_digits(out, (int)year, 4);
	return out + snprintf(out, 12, "%0*" PRId64, year < 0 ? 5 : 4, year);
}

int text_parse_duration_ms(const char *text, int64_t *ret_ms)
{
	size_t digits = strspn(text, "0123456789");
	const struct unit *unit = unit_find(text + digits);
	int64_t value = 0;

	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	if (!digits || !unit)
		return -EINVAL;

	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text[i] - '0', &value))
			return -ERANGE;
	if (__builtin_mul_overflow(value, unit->ms, &value))
		return -ERANGE;
	*ret_ms = value;
	return 0;
}

const char *text_format_duration_ms(int64_t ms, char out[TEXT_DURATION_SIZE])
{
	const struct unit *unit = units;

	if (ms == 0) {
		memcpy(out, "0", 2);
		return out;
	}
	while (ms % unit->ms != 0)
		unit++;
	snprintf(out, TEXT_DURATION_SIZE, "%" PRId64 "%s", ms / unit->ms,
	         unit->name);
	return out;
}

const char *text_format_age_ms(int64_t ms, char out[TEXT_DURATION_SIZE])
{
	const struct unit *unit = units;
	const struct unit *second = &units[UNITS - 2];
	int64_t rest;

	if (ms < 0)
		ms = 0;
	while (unit < second && ms < unit->ms)
		unit++;

	rest = unit < second ? ms % unit->ms / unit[1].ms : 0;
	if (rest)
		snprintf(out, TEXT_DURATION_SIZE,
		         "%" PRId64 " %s %" PRId64 " %s", ms / unit->ms,
		         unit->name, rest, unit[1].name);
	else
		snprintf(out, TEXT_DURATION_SIZE, "%" PRId64 " %s",
		         ms / unit->ms, unit->name);
	return out;
}

const char *text_format_time_ms(int64_t unix_ms, char out[TEXT_TIME_SIZE])
{
	bool before_1970 = unix_ms % DAY_MS < 0;
	int ms_of_day = (int)(unix_ms % DAY_MS + (before_1970 ? DAY_MS : 0));
	int second_of_day = ms_of_day / 1000;
	struct civil civil;
	char *at = out;

	civil_from_days(unix_ms / DAY_MS - before_1970, &civil);
	at = put_year(at, civil.year);
	*at++ = '-';
	at = put_digits(at, civil.month, 2);
	*at++ = '-';
	at = put_digits(at, civil.day, 2);
	*at++ = 'T';
	at = put_digits(at, second_of_day / 3600, 2);
	*at++ = ':';
	at = put_digits(at, second_of_day / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, second_of_day % 60, 2);
	if (ms_of_day % 1000) {
		*at++ = '.';
		at = put_digits(at, ms_of_day % 1000, 3);
	}
	*at++ = 'Z';
	*at = '\0';
	return out;
}

int text_parse_time_ms(const char *text, int64_t *ret_unix_ms)
{
	struct civil civil;
	int64_t unix_s;
	int ms, offset_s, r;

	if (!take_date(&text, &civil) || !take_one_of(&text, "Tt") ||
	    !take_clock(&text, &civil) || !take_fraction(&text, &ms) ||
	    !take_offset(&text, &offset_s) || *text)
		return -EINVAL;

	r = civil_to_unix_s(&civil, offset_s, &unix_s);
	if (r < 0)
		return r;
	*ret_unix_ms = unix_s * 1000 + ms;
	return 0;
}

int text_parse_http_date_ms(const char *text, int64_t *ret_unix_ms)
{
	struct civil civil;
	int64_t unix_s;
	int year, r;

	if (!take_name(&text, "MonTueWedThuFriSatSun") ||
	    !take_one_of(&text, ",") || !take_one_of(&text, " ") ||
	    !take_digits(&text, 2, &civil.day) || !take_one_of(&text, " "))
		return -EINVAL;
	civil.month = take_name(&text, "JanFebMarAprMayJunJulAugSepOctNovDec");
	if (!take_one_of(&text, " ") || !take_digits(&text, 4, &year) ||
	    !take_one_of(&text, " ") || !take_clock(&text, &civil) ||
	    strcmp(text, " GMT") != 0)
		return -EINVAL;
	civil.year = year;

	r = civil_to_unix_s(&civil, 0, &unix_s);
	if (r < 0)
		return r;
	*ret_unix_ms = unix_s * 1000;
	return 0;
}
