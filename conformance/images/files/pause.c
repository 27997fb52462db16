/* Sleeps until SIGINT or SIGTERM; reaps the children it is given as the first process of a PID namespace. */

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
        return 1;
    }
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) {
            return 1;
        }
        if (signal != SIGCHLD) {
            return 0;
        }
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
}
