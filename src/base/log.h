/* log.h - JSON lines to standard error. Rooms never log, they return; only front, worker and
 * command line log. No personal data, no request bodies. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

typedef enum LogLevel { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_WARN_LEVEL, LOG_ERROR_LEVEL } LogLevel;

/* Lines below this level are not written. Any thread. */
void log_level_set(LogLevel lowest);

/* One line: {"at":...,"level":...,"event":event, then pairs of name and text, ended by NULL}. */
void log_line(LogLevel level, const char *event, ...) __attribute__((sentinel));

#endif
