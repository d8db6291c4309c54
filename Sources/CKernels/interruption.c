#include "interruption.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int requested;

static void note(int signal) {
  (void)signal;
  atomic_store(&requested, 1);
}

static void handle(void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

void graft_interruption_listen(void) {
  atomic_store(&requested, 0);
  handle(note);
}

void graft_interruption_ignore(void) { handle(SIG_DFL); }

int graft_interruption_requested(void) { return atomic_load(&requested); }
