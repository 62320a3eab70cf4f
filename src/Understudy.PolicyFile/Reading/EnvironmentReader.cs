using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads what variables say: the providers where there is no file, and what stands above any file.</summary>
internal sealed class EnvironmentReader(PolicyEnvironment environment, MistakeList mistakes)
{
    private const int OllamaPort = 11434;

    /// <summary>The model that a local provider is asked for.</summary>
    public string LocalModel => environment.Variable("UNDERSTUDY_LOCAL_MODEL") ?? DefaultRoutes.LocalModel;

    /// <summary>The providers that the vendors' own variables enable.</summary>
    public List<ProviderModel> Providers(ListenAddress? listen)
    {
        var providers = new List<ProviderModel>();
        foreach (var vendor in Vendor.All)
        {
            if (First(vendor.KeyVariables) is not { } key) continue;
            mistakes.Secrets.Learn(key.Value);
            providers.Add(new ProviderModel { Name = vendor.ProviderName, Protocol = vendor.Protocol, BaseUrl = Url(vendor, listen), Key = key.Value });
        }
        if (environment.Variable("OLLAMA_HOST") is { } host && Ollama(host) is { } url)
            providers.Add(new ProviderModel { Name = "local", Protocol = WireProtocol.OpenAIChat, BaseUrl = url });
        return providers;
    }

    /// <summary>Says what to set where nothing is set.</summary>
    public void TeachProviders(Action<string, string> report) => report(
        "there is no provider to call",
        $"set at least one of {string.Join(", ", Vendor.All.SelectMany(vendor => vendor.KeyVariables))} or OLLAMA_HOST, as in 'export ANTHROPIC_API_KEY=…', or write a policy file with 'providers:'; 'understudy demo' needs no key");

    /// <summary>The address: <c>UNDERSTUDY_LISTEN</c> above the file's.</summary>
    public ListenAddress? Listen(ListenAddress? ofFile)
    {
        if (environment.Variable("UNDERSTUDY_LISTEN") is not { } text) return ofFile;
        if (ListenAddress.Read(text, out var why) is { } address) return address;
        mistakes.AddForVariable("UNDERSTUDY_LISTEN", $"'{text}' is not an address to listen on", why);
        return null;
    }

    /// <summary>The admin token where the file has none.</summary>
    public string? AdminToken()
    {
        var token = environment.Variable("UNDERSTUDY_ADMIN_TOKEN");
        if (token is not null) mistakes.Secrets.Learn(token);
        return token;
    }

    /// <summary>The one client of a gateway whose clients nobody wrote down.</summary>
    public IReadOnlyList<ClientModel> Clients()
    {
        if (environment.Variable("UNDERSTUDY_CLIENT_KEY") is not { } key) return [];
        mistakes.Secrets.Learn(key);
        return [new ClientModel { Name = "default", KeyHash = ClientsReader.Hash(key) }];
    }

    /// <summary>The kill switch of the environment, to be added to the file's.</summary>
    public KillSwitch Kill() => KillSwitch.Parse(environment.Variable("UNDERSTUDY_KILL"));

    private (string Name, string Value)? First(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (environment.Variable(name) is { } value) return (name, value);
        }
        return null;
    }

    private Uri Url(Vendor vendor, ListenAddress? listen)
    {
        if (First(vendor.UrlVariables) is not { } variable) return vendor.BaseUrl;
        if (BaseUrl.Read(variable.Value, vendor.Protocol, out var problem) is not { } url)
        {
            mistakes.AddForVariable(variable.Name, $"the base URL {problem!.Value.What}", problem.Value.Why);
            return vendor.BaseUrl;
        }
        // The same variable is what points a client at us; a shell that exports it for both would make a loop.
        if (listen is null || !url.IsLoopback || url.Port != listen.Port) return url;
        mistakes.NoteForVariable(variable.Name, "the base URL is this gateway's own address", $"it is meant for clients; {vendor.BaseUrl.Host} is called instead");
        return vendor.BaseUrl;
    }

    private Uri? Ollama(string host)
    {
        var text = host.Contains("://", StringComparison.Ordinal) ? host : "http://" + (host.StartsWith(':') ? "127.0.0.1" + host : host);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0 || url.UserInfo.Length > 0)
        {
            mistakes.AddForVariable("OLLAMA_HOST", "not an address of Ollama", "as in '127.0.0.1:11434' or 'http://ollama:11434'");
            return null;
        }
        // 0.0.0.0 is what Ollama listens on, not what anyone can call.
        var name = url.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : url.Host;
        var withPort = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3).LastIndexOf(':') > text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3).LastIndexOf(']');
        return new UriBuilder(url.Scheme, name, withPort || url.Scheme == "https" ? url.Port : OllamaPort, "/v1").Uri;
    }
}
