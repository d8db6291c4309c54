#pragma once

/// From now on SIGINT and SIGTERM raise a flag, lowered here, instead of ending the process. A handler, unlike a
/// source of events that is set up in the background, misses no signal. A second one more than a second later
/// ends the process at once.
void graft_interruption_listen(void);

/// SIGINT and SIGTERM end the process again.
void graft_interruption_ignore(void);

/// 1 where one of the signals came since `graft_interruption_listen`, else 0.
int graft_interruption_requested(void);
