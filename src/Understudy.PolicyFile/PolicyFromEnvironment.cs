using Understudy.Configuration;
using Understudy.PolicyFile.Catalogue;
using Understudy.PolicyFile.Reading;

namespace Understudy.PolicyFile;

/// <summary>The policy of a gateway without a file: whoever has a key here is called, and stands in for the others.</summary>
public static class PolicyFromEnvironment
{
    /// <summary>
    /// Builds it from <c>ANTHROPIC_API_KEY</c>, <c>OPENAI_API_KEY</c>, <c>GEMINI_API_KEY</c> or <c>GOOGLE_API_KEY</c>,
    /// <c>OLLAMA_HOST</c>, their base URLs, and the <c>UNDERSTUDY_…</c> variables. Its use case is <c>agent</c>.
    /// </summary>
    public static PolicyResult Build(PolicyEnvironment environment)
    {
        var mistakes = new MistakeList("environment");
        var reader = new EnvironmentReader(environment, mistakes);
        var listen = reader.Listen(new SettingsReader(mistakes).Listen(null));
        var providers = reader.Providers(listen);
        if (providers.Count == 0) reader.TeachProviders((what, why) => mistakes.Add(Mark.Nowhere, what, why));
        var clients = reader.Clients();
        if (listen is { IsLoopback: false } && clients.Count == 0)
            mistakes.AddForVariable("UNDERSTUDY_LISTEN", $"'{listen.Text}' can be reached from other machines, and nobody needs a key", "set UNDERSTUDY_CLIENT_KEY, as in 'export UNDERSTUDY_CLIENT_KEY=$(openssl rand -hex 24)', or listen on 127.0.0.1");
        var kill = reader.Kill();
        new SettingsReader(mistakes).NoteUnknown(kill, providers);
        var policy = mistakes.Any ? null : new Policy
        {
            Source = "environment",
            Listen = listen!.Text,
            Providers = providers,
            Clients = clients,
            Routes = new DefaultRoutes(providers, reader.LocalModel).All(UseCaseModel.Agent),
            AdminToken = reader.AdminToken(),
            Kill = kill,
            Prices = KnownPrices.Table([]),
        };
        return new PolicyResult { Policy = policy, Mistakes = mistakes.Mistakes, Notes = mistakes.Notes };
    }
}
