#pragma once
#include "threads.h"
#include "pool.h"
#include "isa.h"
#include "elementwise.h"
