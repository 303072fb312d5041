package main

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// cli is the command line. Kong fills it.
type cli struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Run the booking desk. This is what happens when no command is named."`
	Seed    seedCommand    `cmd:"" help:"Fill the store with as many made-up bookings as wanted."`
	Admin   adminCommands  `cmd:"" help:"Work on admin accounts."`
	Logs    logsCommand    `cmd:"" help:"Show JSON log lines in a form for people."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

type adminCommands struct {
	Create adminCreateCommand `cmd:"" help:"Make an admin account. The password comes from ADMIN_PASSWORD, from standard input, or is asked for."`
}

// usageError is a command line that cannot be understood. Its text is one sentence.
type usageError struct{ err error }

func (e *usageError) Error() string {
	return strings.TrimSuffix(e.err.Error(), ".") + ": see --help."
}

func (e *usageError) Unwrap() error { return e.err }

// execute parses the arguments and runs the command they name.
func execute(ctx context.Context, args []string, around surroundings) error {
	var commands cli
	parsed, err := commands.parse(args, around)
	if parsed == nil || err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(around)
}

// parse fills c from the arguments and the environment. It returns nil where only help was asked for, and was given.
func (c *cli) parse(args []string, around surroundings) (*kong.Context, error) {
	helped := false
	parser, err := kong.New(c, options(around, func() { helped = true })...)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(twoDashes(args))
	switch {
	case helped:
		return nil, nil
	case err != nil:
		return nil, &usageError{err}
	}
	return parsed, nil
}

// options teaches kong the settings: their types, their names and where they come from.
func options(around surroundings, helped func()) []kong.Option {
	decode := kong.MapperFunc(decodeSetting)
	return []kong.Option{
		kong.Name("server"),
		kong.Description("The Kapoor & Sons booking desk. A setting is a flag or the environment variable named beside it; the flag wins."),
		kong.Writers(around.stdout, around.stderr),
		kong.Exit(func(int) { helped() }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.KindMapper(reflect.Int, decode), kong.KindMapper(reflect.String, decode),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), decode), kong.TypeMapper(reflect.TypeFor[Rate](), decode),
		kong.TypeMapper(reflect.TypeFor[Networks](), decode), kong.TypeMapper(reflect.TypeFor[Origins](), decode),
		kong.TypeMapper(reflect.TypeFor[*time.Location](), decode),
		kong.ValueFormatter(describe),
		kong.PostBuild(nameFlags),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			variable := flag.Tag.Get("variable")
			if variable == "" {
				return nil, nil
			}
			if value, set := around.lookup(variable); set && value != "" {
				return value, nil
			}
			return nil, nil
		})),
	}
}

// nameFlags gives the flag of each variable its name and a word for its value.
func nameFlags(k *kong.Kong) error {
	return kong.Visit(k.Model.Node, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && flag.Tag.Get("variable") != "" {
			flag.Name = flagName(flag.Tag.Get("variable"))
			if flag.Default == "" {
				flag.PlaceHolder = "…"
			}
		}
		return next(nil)
	})
}

// describe adds to a flag's help its variable and what is allowed.
func describe(v *kong.Value) string {
	variable := v.Tag.Get("variable")
	if variable == "" {
		return v.Help
	}
	text := v.Help + " " + variable + ": " + allowed(v.Tag, v.Target.Type())
	if otherwise := v.Tag.Get("otherwise"); otherwise != "" {
		text += ". Not set: " + otherwise
	}
	return text + "."
}

// twoDashes lets flags be written with one dash, as Go programs have them: -bookings is --bookings.
func twoDashes(args []string) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		if arg == "--" {
			copy(out[i:], args[i:])
			break
		}
		if len(arg) > 2 && arg[0] == '-' && arg[1] >= 'a' && arg[1] <= 'z' {
			arg = "-" + arg
		}
		out[i] = arg
	}
	return out
}
