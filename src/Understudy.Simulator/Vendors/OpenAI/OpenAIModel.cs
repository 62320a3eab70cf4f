namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>What an OpenAI model takes, by its name.</summary>
internal readonly record struct OpenAIModel(string Name)
{
    /// <summary>o-series and GPT-5 and later reason: they refuse <c>max_tokens</c>, sampling and penalties.</summary>
    public bool Reasons => (Name.Length > 1 && Name[0] == 'o' && char.IsAsciiDigit(Name[1])) || (Gpt >= 5 && !Name.Contains("chat", StringComparison.Ordinal));

    /// <summary>GPT-5.1 and later take sampling when they are told not to reason.</summary>
    public bool CanStopReasoning => Gpt > 5 || Name.StartsWith("gpt-5.", StringComparison.Ordinal);

    public bool IsOfFamily => Name.StartsWith("gpt-", StringComparison.Ordinal) || Name.StartsWith("chatgpt-", StringComparison.Ordinal)
        || Name.StartsWith("ft:gpt-", StringComparison.Ordinal) || (Name.Length > 1 && Name[0] == 'o' && char.IsAsciiDigit(Name[1]));

    private int Gpt => Name.StartsWith("gpt-", StringComparison.Ordinal) && Name.Length > 4 && char.IsAsciiDigit(Name[4]) ? Name[4] - '0' : 0;

    /// <summary>Whether a provider serves it.</summary>
    public bool IsServedBy(SimulatorOptions options) => options switch
    {
        { Models: { } only } => only.Contains(Name),
        { AnyModel: true } => true,
        _ => IsOfFamily,
    };

    public ApiError NotFound() =>
        new(404, "invalid_request_error", $"The model `{Name}` does not exist or you do not have access to it.", "model_not_found");
}
