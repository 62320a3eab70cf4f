using System.CommandLine;
using Understudy.Cli;
using Understudy.Cli.Verbs;

// Socket completions run where they are reaped: a hop to the thread pool costs more than most of what is done with a
// chunk. Nothing on the way of a call may block (decision 0006). It must be set before the first socket is made.
if (Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS") is null)
{
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}

var root = new RootCommand("Understudy: the show goes on when your model goes down.");
foreach (var verb in Verbs.For(args)) root.Add(verb);
var parsed = root.Parse(args);
// A wrong command line is exit code 2; the parser's own is 1.
return parsed.Errors.Count > 0 ? Usage.Explain(parsed) : await parsed.InvokeAsync();
