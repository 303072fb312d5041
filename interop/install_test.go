package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// missing ends a test whose tools are not there: it is skipped with a sentence, or fails in CI.
func missing(t *testing.T, sentence string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}

// mustFind returns the path of a program.
func mustFind(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		missing(t, program+" is not installed: this client's tests need it.")
	}
	return path
}

// installed returns the folder that interop/install made from a file.
func installed(t *testing.T, kind, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(home, ".cache")
	}
	sum := sha256.Sum256(text)
	folder := filepath.Join(cache, "kapoor-desk", "interop-"+kind+"-"+hex.EncodeToString(sum[:])[:16])
	if _, err := os.Stat(filepath.Join(folder, "complete")); err != nil {
		missing(t, "The "+kind+" client is not installed: interop/install does it.")
	}
	return folder
}

// onNode returns the command that plays a file of scenarios with an npm package.
func onNode(t *testing.T, npmPackage, file string) *exec.Cmd {
	t.Helper()
	node := mustFind(t, "node")
	if _, err := os.Stat(filepath.Join("node_modules", npmPackage)); err != nil {
		missing(t, npmPackage+" is not installed: interop/install does it.")
	}
	cmd := exec.CommandContext(t.Context(), node, "--test-reporter=spec", "--test-timeout=300000", filepath.Join("node", file))
	cmd.Env = append(os.Environ(), "INTEROP_CLIENT="+npmPackage)
	return cmd
}

// onChromium returns the command that plays the scenarios of a page.
func onChromium(t *testing.T) *exec.Cmd {
	t.Helper()
	browser := mustFind(t, "chromium")
	cmd := onNode(t, "playwright-core", "browser.mjs")
	cmd.Env = append(os.Environ(), "INTEROP_CHROMIUM="+browser)
	return cmd
}

// onPython returns the command that plays a file of scenarios.
func onPython(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	python := filepath.Join(installed(t, "python", filepath.Join("python", "requirements.txt")), "bin", "python")
	// -B: no compiled files in the tree. The client leaves sockets to the garbage collector, which says so each time.
	return exec.CommandContext(t.Context(), python, "-B", "-W", "ignore::ResourceWarning", filepath.Join("python", file))
}

// onJava compiles the scenarios and returns the command that plays them.
func onJava(t *testing.T) *exec.Cmd {
	t.Helper()
	java, javac := mustFind(t, "java"), mustFind(t, "javac")
	jars := filepath.Join(installed(t, "java", filepath.Join("java", "pom.xml")), "*")
	classes := t.TempDir()
	source := filepath.Join("java", "Scenarios.java")
	compile := exec.CommandContext(t.Context(), javac, "-encoding", "UTF-8", "-cp", jars, "-d", classes, source)
	if output, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, output)
	}
	return exec.CommandContext(t.Context(), java, "-cp", classes+string(os.PathListSeparator)+jars, "Scenarios")
}
