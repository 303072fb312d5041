package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCommand says which version this is.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(around surroundings) error {
	_, err := fmt.Fprintln(around.stdout, version())
	return err
}

// version returns the module's version, the commit it was built from where that is known, and Go's version.
func version() string {
	module, commit, changed := "unknown", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
		for _, setting := range info.Settings {
			switch {
			case setting.Key == "vcs.revision":
				commit = " " + setting.Value
			case setting.Key == "vcs.modified" && setting.Value == "true":
				changed = " with changes"
			}
		}
	}
	return fmt.Sprintf("desk %s%s%s %s %s/%s", module, commit, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
