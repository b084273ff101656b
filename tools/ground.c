/* ground.c - stands in for what tools/ itself generates, so that the tools can use base. */
#include "base/base.h"

u32 fold_simplified_char(u32 code)
{
    return code;
}
