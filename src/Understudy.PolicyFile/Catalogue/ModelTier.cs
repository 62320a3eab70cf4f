namespace Understudy.PolicyFile.Catalogue;

/// <summary>What a model is for; models of one tier can stand in for each other.</summary>
public enum ModelTier
{
    /// <summary>Fast and cheap.</summary>
    Small,

    /// <summary>In between; what most work is done with.</summary>
    Balanced,

    /// <summary>The best of its vendor.</summary>
    Flagship,
}
