/* str_fmt.c: printf for strings of the runtime: %V repr of a Value, %S a Str*, %T the type name of a Value, %C a code point; the rest goes
** to the C library piece by piece. A precision cuts %s %S %T. Used by everything that raises. */
#include "runtime/str_util.h"

#include <stdint.h>

/* One directive, parsed: the text from % to the conversion character. */
typedef struct Directive { char text[32]; char conv; int length; /* 0 int, 1 long, 2 size_t or long long */ int prec; } Directive;

static const char *parse(const char *p, va_list *ap, Directive *d) {
  int n = 0;
  d->text[n++] = '%';
  d->prec = -1;
  d->length = 0;
  bool in_prec = false;
  for (; *p; p++) {
    if (*p == '*') {
      int v = va_arg(*ap, int);
      if (in_prec) d->prec = v;
      n += snprintf(d->text + n, sizeof d->text - (size_t)n, "%d", v);
    } else if (*p == '.') {
      in_prec = true;
      d->prec = 0;
      d->text[n++] = '.';
    } else if (strchr("0123456789", *p)) {
      if (in_prec) d->prec = d->prec * 10 + (*p - '0');
      d->text[n++] = *p;
    } else if (strchr("-+ #", *p)) {
      d->text[n++] = *p;
    } else if (strchr("hlzjtq", *p)) {
      if (*p == 'l') d->length++;
      else if (*p != 'h') d->length = 2;
    } else {
      break;
    }
    if (n > 24) break;
  }
  d->conv = *p;
  if (strchr("diuxXo", d->conv) && d->length) d->text[n++] = 'l', d->text[n++] = 'l';
  d->text[n++] = d->conv;
  d->text[n] = 0;
  return *p ? p + 1 : p;
}

static void put_utf8(StrBuilder *sb, const char *s, int prec) {
  size_t n = prec < 0 ? strlen(s) : strnlen(s, (size_t)prec);
  size_t i = 0;
  Utf8Error e;
  if (unicode_utf8_check(s, n, &e)) {
    while (i < n) sb_char(sb, unicode_utf8_next(s, &i));
  } else { /* a file name or the like: show what can be shown */
    for (; i < n; i++) sb_char(sb, (uint8_t)s[i] < 0x80 ? (uint8_t)s[i] : 0xFFFD);
  }
}

static void put_cut(StrBuilder *sb, const Str *s, int prec) {
  if (!s) sb_ascii(sb, "(null)");
  else sb_slice(sb, s, 0, prec >= 0 && (uint32_t)prec < s->length ? (uint32_t)prec : s->length);
}

static void put_number(StrBuilder *sb, const Directive *d, va_list *ap) {
  char buf[128];
  if (strchr("eEfFgGaA", d->conv)) snprintf(buf, sizeof buf, d->text, va_arg(*ap, double));
  else if (d->conv == 'p') snprintf(buf, sizeof buf, "0x%lx", (unsigned long)(uintptr_t)va_arg(*ap, void *));
  else if (d->length) snprintf(buf, sizeof buf, d->text, va_arg(*ap, long long));
  else snprintf(buf, sizeof buf, d->text, va_arg(*ap, int));
  sb_ascii(sb, buf);
}

void sb_vfmt(StrBuilder *sb, const char *fmt, va_list args) {
  va_list ap;
  va_copy(ap, args);
  for (const char *p = fmt; *p;) {
    const char *q = strchrnul(p, '%');
    size_t i = 0, n = (size_t)(q - p);
    while (i < n) sb_char(sb, unicode_utf8_next(p, &i));
    if (!*q) break;
    Directive d;
    p = parse(q + 1, &ap, &d);
    switch (d.conv) {
    case '%': sb_char(sb, '%'); break;
    case 'V': {
      Str *r = op_repr(sb->th, va_arg(ap, Value));
      if (r) put_cut(sb, r, d.prec);
      else sb->failed = true;
      break;
    }
    case 'S': put_cut(sb, va_arg(ap, Str *), d.prec); break;
    case 'T': put_cut(sb, type_of(va_arg(ap, Value))->name, d.prec); break;
    case 'C': sb_char(sb, va_arg(ap, uint32_t)); break;
    case 'c': sb_char(sb, (uint8_t)va_arg(ap, int)); break;
    case 's': {
      const char *s = va_arg(ap, const char *);
      put_utf8(sb, s ? s : "(null)", d.prec);
      break;
    }
    default: put_number(sb, &d, &ap);
    }
  }
  va_end(ap);
}

Str *str_vfmt(RpThread *th, const char *fmt, va_list ap) {
  StrBuilder sb;
  sb_init(&sb, th);
  sb_vfmt(&sb, fmt, ap);
  return sb_finish(&sb);
}

Str *str_fmt(RpThread *th, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Str *s = str_vfmt(th, fmt, ap);
  va_end(ap);
  return s;
}
