//go:build !unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// signal kills: there is no other way here.
func (p *Process) signal(bool) error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill server: %w", err)
	}
	return nil
}
