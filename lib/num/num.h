/*
 * num.h - the front door of num: numbers in, numbers out
 */
#ifndef MLCI_NUM_H
#define MLCI_NUM_H

#include "base/base.h"

#endif
