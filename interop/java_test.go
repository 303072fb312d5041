package interop

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// onJVM returns the command that plays the Java scenarios. Maven is asked for their class path once for each pom.xml.
func onJVM(t *testing.T) *exec.Cmd {
	t.Helper()
	for _, tool := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool+" is not installed: the Java client's tests need a JDK and Maven.")
		}
	}
	classPath, err := javaClassPath(t)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "java", "-cp", classPath, filepath.Join("java", "Scenarios.java"))
	cmd.Env = os.Environ()
	return cmd
}

func javaClassPath(t *testing.T) (string, error) {
	pom, err := os.ReadFile(filepath.Join("java", "pom.xml"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, "kapoor-desk", fmt.Sprintf("java-%x.classpath", sha256.Sum256(pom)))
	known, err := os.ReadFile(kept)
	if err == nil && allThere(string(known)) {
		return string(known), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", err
	}
	maven := exec.CommandContext(t.Context(), "mvn", "-q", "-B", "-ntp", "-f", filepath.Join("java", "pom.xml"),
		"dependency:build-classpath", "-Dmdep.outputFile="+kept)
	if output, err := runBounded(t.Context(), maven); err != nil {
		return "", fmt.Errorf("ask Maven for the class path: %w\n%s", err, output)
	}
	made, err := os.ReadFile(kept)
	return string(made), err
}

// allThere reports whether the files of a class path still exist.
func allThere(classPath string) bool {
	for _, jar := range filepath.SplitList(classPath) {
		if _, err := os.Stat(jar); err != nil {
			return false
		}
	}
	return classPath != ""
}
