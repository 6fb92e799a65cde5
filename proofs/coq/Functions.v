(** The functions that networks apply, with their derivatives, and networks that are differentiable everywhere.

    A function is a number; [standard_functions] says which function each of the first numbers stands for.  Any other
    function, such as an activation that is not in the table, is a variable of a network's theorem.

    Of exp, tanh, the logistic function, softplus, sin and cos it is proved that the second column is the derivative of
    the first at every real number.  A network that applies no other function and takes no maximum therefore satisfies
    [smooth_network] for all data and parameters; for any other network this is a hypothesis of its theorem. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations Derivatives Polynomials Pairing Network Emitted.
Import ListNotations.
Open Scope R_scope.

Definition logistic (z : R) : R := / (1 + exp (- z)).
Definition softplus (z : R) : R := logarithm (1 + exp z).

Definition standard_functions (others : functions) : functions := fun f o =>
  match f, o with
  | 0%nat, _ => exp
  | 1%nat, 0%nat => tanh  | 1%nat, 1%nat => fun z => 1 - tanh z * tanh z
  | 2%nat, 0%nat => logistic  | 2%nat, 1%nat => fun z => logistic z * (1 - logistic z)
  | 3%nat, 0%nat => softplus  | 3%nat, 1%nat => logistic
  | 4%nat, 0%nat => sin  | 4%nat, 1%nat => cos
  | 5%nat, 0%nat => cos  | 5%nat, 1%nat => fun z => - sin z
  | 6%nat, 0%nat => Rmax 0  | 6%nat, 1%nat => fun z => if Rlt_dec 0 z then 1 else 0
  | 7%nat, 0%nat => sqrt  | 7%nat, 1%nat => fun z => / (2 * sqrt z)
  | 8%nat, 0%nat => fun z => / sqrt z  | 8%nat, 1%nat => fun z => - / (2 * (z * sqrt z))
  | 9%nat, 0%nat => logarithm  | 9%nat, 1%nat => Rinv
  | 10%nat, _ => fun z => (-1) ^ o * INR (fact o) * / z ^ S o             (* the o-th derivative of 1/z *)
  | _, _ => others f o
  end.

(** ** Derivatives *)

Lemma exp_derivative : forall z, is_derive (exp : R -> R_NormedModule) z (exp z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_exp. Qed.

Lemma cosh_positive : forall z, 0 < cosh z.
Proof. intro z. unfold cosh. pose proof (exp_pos z). pose proof (exp_pos (- z)). lra. Qed.

Lemma tanh_derivative : forall z, is_derive (tanh : R -> R_NormedModule) z (1 - tanh z * tanh z).
Proof.
  intro z. apply is_derive_Reals. unfold tanh at 1. pose proof (cosh_positive z) as Hc.
  replace (1 - tanh z * tanh z) with ((cosh z * cosh z - sinh z * sinh z) / Rsqr (cosh z)).
  - apply (derivable_pt_lim_div sinh cosh); [apply derivable_pt_lim_sinh | apply derivable_pt_lim_cosh | lra].
  - unfold tanh, Rsqr. field. lra.
Qed.

Lemma exp_shifted : forall z, derivable_pt_lim (fun z => 1 + exp z) z (exp z).
Proof.
  intro z. rewrite <- (Rplus_0_l (exp z)). apply (derivable_pt_lim_plus (fct_cte 1) exp).
  - apply derivable_pt_lim_const.
  - apply derivable_pt_lim_exp.
Qed.

Lemma logistic_derivative : forall z, is_derive (logistic : R -> R_NormedModule) z (logistic z * (1 - logistic z)).
Proof.
  intro z. apply is_derive_Reals. pose proof (exp_pos z) as H. pose proof (exp_pos (- z)) as H'.
  assert (E : forall y, logistic y = exp y / (1 + exp y)).
  { intro y. unfold logistic. rewrite exp_Ropp. pose proof (exp_pos y). field. lra. }
  assert (D : derivable_pt_lim (div_fct exp (fun y => 1 + exp y)) z
                (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z))).
  { apply (derivable_pt_lim_div exp (fun y => 1 + exp y)); [apply derivable_pt_lim_exp | apply exp_shifted | lra]. }
  intros eps Heps. destruct (D eps Heps) as [d Hd]. exists d. intros h Hh0 Hh. specialize (Hd h Hh0 Hh). unfold div_fct in Hd.
  rewrite !E. replace (exp z / (1 + exp z) * (1 - exp z / (1 + exp z))) with
    (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z)) by (unfold Rsqr; field; lra). exact Hd.
Qed.

Lemma softplus_derivative : forall z, is_derive (softplus : R -> R_NormedModule) z (logistic z).
Proof.
  intro z. unfold softplus, logistic. pose proof (exp_pos z) as H.
  replace (/ (1 + exp (- z))) with (scal (exp z : R_AbsRing) (/ (1 + exp z))).
  - apply (is_derive_comp (logarithm : R -> R_NormedModule) (fun z => 1 + exp z)); [apply logarithm_derivative; lra|].
    apply is_derive_Reals, exp_shifted.
  - change (exp z * / (1 + exp z) = / (1 + exp (- z))). rewrite exp_Ropp. field. lra.
Qed.

Lemma sin_derivative : forall z, is_derive (sin : R -> R_NormedModule) z (cos z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_sin. Qed.

Lemma cos_derivative : forall z, is_derive (cos : R -> R_NormedModule) z (- sin z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_cos. Qed.

(** ** Networks of functions that are differentiable everywhere *)

(** The applications in an expression; (6, 0), which is not differentiable at 0, stands for a maximum, and for what is over
    a part of its range. *)
Fixpoint applications (a : expr) : list (nat * nat) :=
  match a with
  | Number _ | Entry _ _ | Bracket _ => []
  | Add a b | Mul a b => applications a ++ applications b
  | Apply f o a => (f, o) :: applications a
  | Sum _ _ a => applications a
  | LogSumExp _ n gs a => (match gs with [] => if (0 <? n)%nat then [] else [(6, 0)%nat] | _ => [(6, 0)%nat] end) ++ applications a
  | Maximum _ _ _ _ | ArgMax _ _ _ _ | IndexIs _ _ => [(6, 0)%nat]
  end.
Definition differentiable_everywhere (c : nat * nat) : bool := (fst c <? 6)%nat && (snd c =? 0)%nat.
Definition smooth_equations (chain : list equation) : bool :=
  forallb (fun d => forallb differentiable_everywhere (applications (body d))) chain.

Section Smooth.
  Variable others : functions.
  Notation F := (standard_functions others).
  Variable dims : name -> list Z.

  Lemma derivatives : forall c, differentiable_everywhere c = true ->
    forall z, is_derive (F (fst c) (snd c) : R -> R_NormedModule) z (F (fst c) (S (snd c)) z).
  Proof.
    intros [f o] H. unfold differentiable_everywhere in H. cbn [fst snd] in *. apply andb_prop in H as [Hf Ho].
    apply Nat.ltb_lt in Hf. apply Nat.eqb_eq in Ho. subst o.
    destruct f as [|[|[|[|[|[|f]]]]]]; [| | | | | |lia]; cbn [standard_functions].
    - exact exp_derivative.
    - exact tanh_derivative.
    - exact logistic_derivative.
    - exact softplus_derivative.
    - exact sin_derivative.
    - exact cos_derivative.
  Qed.

  Lemma smooth_applications : forall a T e, forallb differentiable_everywhere (applications a) = true ->
    smooth F dims T e a.
  Proof.
    induction a; intros T e H; cbn [applications smooth] in *; auto; try discriminate.
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. auto.
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. auto.
    - cbn [forallb] in H. apply andb_prop in H as [H1 H2]. split; [now apply IHa | now apply (derivatives (f, o))].
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. split; [|intros; now apply IHa].
      destruct gs; [|discriminate]. destruct n; discriminate.
  Qed.

  Lemma smooth_everywhere : forall chain T, smooth_equations chain = true -> smooth_chain F dims chain T.
  Proof.
    induction chain as [|d rest IH]; intros T H; cbn [smooth_equations forallb smooth_chain] in *; [exact I|].
    apply andb_prop in H as [Hd H]. split; [|now apply IH]. intros p _. now apply smooth_applications.
  Qed.

  Variable n P : nat.
  Variable layers : nat -> layer.
  Variable cost_layer : layer.
  Variable data : nat -> Z -> R.

  Theorem smooth_network_everywhere : forall theta,
    forallb (fun v => smooth_equations (forward (layers v))) (seq 0 n) = true ->
    smooth_equations (forward cost_layer) = true -> smooth_network F dims n P layers cost_layer data theta.
  Proof.
    intros theta H Hc. rewrite forallb_forall in H. split.
    - intros v Hv. apply smooth_everywhere. apply H, in_seq. lia.
    - now apply smooth_everywhere.
  Qed.
End Smooth.
