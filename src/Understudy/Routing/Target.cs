using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Routing;

/// <summary>What is known of a target's speed. Live; shared by all calls.</summary>
/// <param name="provider">Whose it is.</param>
/// <param name="model">The model's name at the provider.</param>
public sealed class Target(ProviderModel provider, string model)
{
    private double _firstContentSeconds;

    /// <summary>Whose it is.</summary>
    public ProviderModel Provider { get; } = provider;

    /// <summary>The model's name at the provider.</summary>
    public string Model { get; } = model;

    /// <summary><c>provider/model</c>.</summary>
    public string Name { get; } = $"{provider.Name}/{model}";

    /// <summary>
    /// Whether the provider was found not to know OpenAI's Responses: learnt from its answer, for none of these servers
    /// says so beforehand.
    /// </summary>
    public bool LacksResponses { get; set; }

    /// <summary>What is spoken with it for a client that speaks <paramref name="client"/>.</summary>
    public WireProtocol ProtocolFor(WireProtocol client) =>
        Provider.Speaks(client) && !(client == WireProtocol.OpenAIResponses && LacksResponses) ? client : Provider.Protocol;

    /// <summary>A moving average of the time to the first content; 0 while unknown.</summary>
    public TimeSpan FirstContent => TimeSpan.FromSeconds(Volatile.Read(ref _firstContentSeconds));

    /// <summary>Learns from an answer.</summary>
    public void Learn(TimeSpan firstContent)
    {
        // A lost update under a race is one sample of many: not worth a lock.
        var old = Volatile.Read(ref _firstContentSeconds);
        Volatile.Write(ref _firstContentSeconds, old == 0 ? firstContent.TotalSeconds : old + (0.2 * (firstContent.TotalSeconds - old)));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
