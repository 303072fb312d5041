package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// publish writes the report's files into a folder, which is made where it is not there, and tells what it says.
func (r *report) publish(folder string, stdout io.Writer) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	markdown := r.markdown()
	files := []struct {
		name  string
		bytes []byte
	}{{"report.json", append(text, '\n')}, {"report.md", []byte(markdown)}, {"index.html", page}}
	fmt.Fprintf(stdout, "\n%s\n", markdown)
	for _, file := range files {
		path := filepath.Join(folder, file.name)
		if err := replace(path, file.bytes); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		fmt.Fprintln(stdout, path)
	}
	return nil
}

// replace writes a file that appears complete or not at all.
func replace(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
