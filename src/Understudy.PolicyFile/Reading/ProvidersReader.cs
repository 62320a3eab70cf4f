using System.Text.RegularExpressions;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>providers</c>.</summary>
internal sealed partial class ProvidersReader(MistakeList mistakes, PolicyEnvironment environment)
{
    // What x-understudy-served-by and the kill switch say for something else.
    private static readonly string[] _reserved = ["all", "cache", "human", "defer", "notice"];

    /// <summary>The providers; one that is wrong is there too, so that what refers to it is not wrong as well.</summary>
    public List<ProviderModel> Read(IReadOnlyList<Field> entries) => [.. entries.Select(Provider)];

    private ProviderModel Provider(Field entry)
    {
        if (_reserved.Contains(entry.Name, StringComparer.OrdinalIgnoreCase))
            mistakes.Add(entry.KeyAt, $"a provider can't be named '{entry.Name}'", "the word has a meaning of its own");
        else if (!Name().IsMatch(entry.Name))
            mistakes.Add(entry.KeyAt, $"'{entry.Name}' is not a name", "a provider's name has letters, digits, '.', '_' and '-', and starts with a letter or a digit");
        var section = entry.Value as Section;
        var protocol = Vendor.ProtocolOf(section?.Text("protocol") ?? PolicyKeys.OpenAI);
        var vendor = Vendor.Of(protocol);
        var version = ApiVersion(section, protocol);
        var url = Url(section?.Field("base_url"), vendor, protocol);
        if (version is not null) url = Azure.RootOf(url);
        var provider = new ProviderModel { Name = entry.Name, Protocol = protocol, BaseUrl = url, Key = Key(section, entry, vendor, url), ApiVersion = version };
        return section?.Text("edge") is { } edge ? provider with { Edge = edge } : provider;
    }

    private string? ApiVersion(Section? section, Calls.WireProtocol protocol)
    {
        if (section?.Field("api_version") is not { Value: string version } field) return null;
        if (protocol != Calls.WireProtocol.OpenAIChat)
            mistakes.Add(field.At, "'api_version' is for Azure's OpenAI", $"it goes with 'protocol: {PolicyKeys.OpenAI}'");
        else if (!Azure.IsVersion(version))
            mistakes.Add(field.At, $"'api_version: {field.Shown}' is not one of Azure's versions", "it is a date, as in '2024-10-21' or '2025-04-01-preview'");
        else if (section.Field("base_url") is null)
            mistakes.Add(field.At, "'api_version' needs a 'base_url'", "it is your resource's address, as in 'https://NAME.openai.azure.com'");
        else return version;
        return null;
    }

    private Uri Url(Field? field, Vendor vendor, Calls.WireProtocol protocol)
    {
        if (field?.Value is not string text) return vendor.BaseUrl;
        if (BaseUrl.Read(text, protocol, out var problem) is { } url) return url;
        // Where it holds a password, showing it would print that.
        var shown = problem!.Value.Why!.Contains("'key'", StringComparison.Ordinal) ? "'base_url'" : $"'base_url: {field.Shown}'";
        mistakes.Add(field.At, $"{shown} {problem.Value.What}", problem.Value.Why, References.IsIn(field.Shown) || text.Contains("://", StringComparison.Ordinal) ? null : BaseUrl.Read("http://" + text, protocol, out _)?.ToString());
        return vendor.BaseUrl;
    }

    private string? Key(Section? section, Field entry, Vendor vendor, Uri url)
    {
        if (section is null) return null;
        var ownHost = url.Host == vendor.BaseUrl.Host;
        if (section.Field("key") is not { } field)
        {
            // The vendor's own variable goes to the vendor's own host only: never to wherever base_url points.
            if (!ownHost || section.Text("protocol") is null) return null;
            foreach (var name in vendor.KeyVariables)
            {
                if (environment.Variable(name) is not { } value) continue;
                mistakes.Secrets.Learn(value);
                return value;
            }
            mistakes.Note(entry.KeyAt, $"provider '{entry.Name}' has no key", $"{url.Host} will refuse its calls: add 'key: ${{{vendor.KeyVariables[0]}}}'");
            return null;
        }
        if (field.Value is not string key) return null;
        if (key.AsSpan().ContainsAny('\r', '\n', ' ')) mistakes.Add(field.At, $"the key of provider '{entry.Name}' has blanks or line breaks in it", "it would not fit into a header");
        if (section.Field("base_url") is { Value: string } at && url.Scheme == "http" && !url.IsLoopback)
            mistakes.Note(at.At, $"the key of provider '{entry.Name}' is sent over http", "anyone on the way can read it: use https");
        return key.Trim();
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    internal static partial Regex Name();
}
