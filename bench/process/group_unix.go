//go:build unix

package process

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

// ownGroup gives a command a process group of its own: what it starts ends with it, and the terminal's interrupt, which is
// meant for the generator, does not reach it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signal tells the group to end, or kills it. A group that is gone is no error.
func (p *Process) signal(kill bool) error {
	s := syscall.SIGTERM
	if kill {
		s = syscall.SIGKILL
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal server: %w", err)
	}
	return nil
}
