#include "tools/text.h"

_Thread_local bool text_as_written;
