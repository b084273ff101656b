/* match_pinyin.h - how a Chinese character is read; the table is made from ICU while building. */
#ifndef MATCH_MATCH_PINYIN_H
#define MATCH_MATCH_PINYIN_H

#include "base/base.h"

/* "guang" for 光: the commonest reading, without tone, u for ü. "" for what has none. Static. */
const char *pinyin_syllable(u32 code);

#endif
